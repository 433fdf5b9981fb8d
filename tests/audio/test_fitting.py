"""What a slow computer does without."""

import pytest

from audio.config import CardConfig, Config, EchoConfig
from audio.fitting import MOST_MS, cleaning_ms, fitted


def test_a_computer_that_is_quick_enough_keeps_all_its_settings() -> None:
    config = Config(card=CardConfig(input="USB"))
    assert fitted(config, MOST_MS) is config


def test_a_slow_one_does_without_what_costs_much_and_has_roomy_buffers() -> None:
    config = fitted(Config(card=CardConfig(input="USB")), MOST_MS + 0.1)
    assert config.echo == EchoConfig(echo_cancellation=False, noise_suppression=False, gain_control=False)
    assert (config.card.input, config.card.latency_ms) == ("USB", 200)


def test_the_owners_latency_is_kept() -> None:
    assert fitted(Config(card=CardConfig(latency_ms=80)), 9.0).card.latency_ms == 80


@pytest.mark.parametrize("config", [EchoConfig(), EchoConfig(echo_cancellation=False, high_pass=False)])
def test_every_configuration_has_its_cost(config: EchoConfig) -> None:
    assert cleaning_ms(config) > 0

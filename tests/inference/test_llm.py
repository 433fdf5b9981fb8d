"""The language model's engine against a server that speaks its protocol, faults included."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.config import LlmConfig
from inference.errors import CompletionFailed, ModelUnreachable, NoModel
from inference.llm.events import Events
from inference.llm.model import Message, connected
from inference.llm.sentences import FIRST_CLAUSE_CHARACTERS, LONGEST_PIECE, Sentences
from tests.fakes.openai_server import OpenAiServer

QUESTION = [Message("system", "Be brief."), Message("user", "Why is the sky blue?")]


async def answer(config: LlmConfig) -> list[str]:
    async with connected(config) as model:
        return [text async for text in model.complete(QUESTION)]


async def test_the_answer_arrives_in_pieces() -> None:
    async with OpenAiServer(["Because", " of", " Rayleigh."]).running() as server:
        assert await answer(LlmConfig(server.url, "small")) == ["Because", " of", " Rayleigh."]
    assert server.asked[0]["messages"][1] == {"role": "user", "content": "Why is the sky blue?"}
    assert server.asked[0]["model"] == "small"
    assert server.asked[0]["stream"] is True


async def test_without_a_model() -> None:
    with pytest.raises(NoModel):
        await answer(LlmConfig())


async def test_a_server_that_is_not_there() -> None:
    with pytest.raises(ModelUnreachable):
        await answer(LlmConfig("http://127.0.0.1:9", "small"))


@pytest.mark.parametrize("fault", ["refuses", "breaks_off", "not_json", "error_event", "endless_line", "stands_still"])
async def test_a_server_that_fails(fault: str) -> None:
    async with OpenAiServer(fault=fault).running() as server:
        with pytest.raises(CompletionFailed):
            await answer(LlmConfig(server.url, "small", next_token_s=0.2))


async def test_giving_up_is_noticed_by_the_server() -> None:
    async with OpenAiServer(fault="stands_still").running() as server:
        async with connected(LlmConfig(server.url, "small")) as model:
            pieces = model.complete(QUESTION)
            assert await anext(pieces) == "Hello"
            await pieces.aclose()
        await server.given_up.wait()


@given(st.binary(max_size=2000))
def test_any_bytes_are_text_or_an_error(data: bytes) -> None:
    events = Events()
    try:
        pieces = list(events.feed(b"data: " + data))
    except CompletionFailed:
        return
    assert all(isinstance(piece, str) for piece in pieces)


def test_an_event_may_arrive_in_halves() -> None:
    events = Events()
    whole = b'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n'
    pieces = [piece for at in range(len(whole)) for piece in events.feed(whole[at : at + 1])]
    assert pieces == ["Hi"]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("It is late. Go to bed.", ["It is late.", "Go to bed."]),
        ("Dr. Who is here. Run!", ["Dr. Who is here.", "Run!"]),
        ("It costs 3.5 euros today.", ["It costs 3.5 euros today."]),
        ("If you ask me nicely, I will sing.", ["If you ask me nicely,", "I will sing."]),
        ("Well, no.", ["Well, no."]),
        ("One line\nand another", ["One line", "and another"]),
    ],
)
def test_sentences_are_cut_where_people_breathe(text: str, pieces: list[str]) -> None:
    sentences = Sentences()
    cut = [piece for character in text for piece in sentences.add(character)]
    assert [*cut, *filter(None, [sentences.rest()])] == pieces


@given(st.text(max_size=1500))
def test_nothing_is_lost_and_no_piece_is_endless(text: str) -> None:
    sentences = Sentences()
    pieces = [*sentences.add(text), sentences.rest()]
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert len(pieces[0]) <= max(FIRST_CLAUSE_CHARACTERS, LONGEST_PIECE) or " " not in pieces[0] or "." in pieces[0]

"""Updates: what there is, what its owner wants done with it, and what became of the last one."""

from collections.abc import Mapping
from dataclasses import replace

from conductor.effects import UpdateTold, UpdateWish
from conductor.intents import Understood
from conductor.plan import Plan
from conductor.skills.skill import Skill, has_room, text
from conductor.speech import Sentences
from conductor.world import World

SENTENCES = Sentences(
    en={
        "unknown": "I can't tell just now whether there is a newer version.",
        "no_server": "I'm running version {version}. No server is set that updates would come from.",
        "looking": "I haven't looked since I was started. I'm looking now: ask me again in a minute.",
        "newest": "I'm up to date, with version {version}.",
        "there": "Version {offered} is there. Say: install the update.",
        "secure": "Version {offered} is there, and mends a hole in my security. Say: install the update.",
        "downloading": "I'm fetching version {offered}. {percent} percent of it is here.",
        "ready": "Version {offered} is here. I'll install it at night, or now, if you say: install the update.",
        "under_way": "I'm just installing version {offered}.",
        "trial": "I'm running version {version}, which is new. I'm still watching whether it works well.",
        "going_back": "I'm just going back to the version before.",
        "install": "All right. I'll fetch version {offered}, install it and start again. That takes a few minutes.",
        "install_now": "All right. I'll install version {offered} and start again. That takes a few minutes.",
        "look_and_install": "All right. I'll look, and if there is something new, I'll install it and start again.",
        "not_now": "All right, no update tonight.",
        "skip": "All right, I'll leave out version {offered}.",
        "nothing_to_skip": "There is no update that I could leave out.",
        "kept": "By the way, I have updated myself: this is version {tried}.",
        "went back": "By the way, I tried version {tried}, and it did not work well. I'm back on the one before.",
        "stayed": "By the way, version {tried} does not work well here, and I can't go back. Please have a look.",
    },
    de={
        "kept": "Übrigens: Ich habe mich aktualisiert. Das ist Version {tried}.",
        "went back": "Übrigens: Ich habe Version {tried} ausprobiert, die nicht gut lief. Die vorige ist wieder da.",
        "stayed": "Übrigens: Version {tried} läuft hier nicht gut, und ich kann nicht zurück. Bitte sieh nach.",
    },
)
SAID_OF = {
    "downloading": "downloading",
    "ready": "ready",
    "installing": "under_way",
    "restarting": "under_way",
    "trial": "trial",
    "keeping": "trial",
    "going back": "going_back",
}
"""What is said of a state."""
CAN_BE_CHANGED = frozenset({"idle", "downloading", "ready"})


def told_with(plan: Plan, world: World) -> Plan:
    """The plan, with the news of an update said behind its answer."""
    news = world.update.news
    if news is None or news.outcome not in SENTENCES.keys("en") or not has_room(plan):
        return plan
    sentence = SENTENCES.say(plan.language, news.outcome, tried=news.version)
    return replace(plan, answer=f"{plan.answer} {sentence}", effects=(*plan.effects, UpdateTold(news.id)))


def _update(asked: Understood, world: World) -> Plan:
    update, action = world.update, text(asked, "action")
    if not update.state:
        return _says(asked, world, "unknown")
    if not update.has_server:
        return _says(asked, world, "no_server")
    if action == "status" or update.state not in CAN_BE_CHANGED:
        return _status(asked, world)
    if action == "install":
        key = "install_now" if update.state == "ready" else "install" if update.offered else "look_and_install"
        return _says(asked, world, key, UpdateWish(action, undone="not_now"))
    if action == "skip" and not update.offered:
        return _says(asked, world, "nothing_to_skip")
    return _says(asked, world, action, UpdateWish(action))


def _status(asked: Understood, world: World) -> Plan:
    update = world.update
    if update.state in SAID_OF:
        return _says(asked, world, SAID_OF[update.state])
    if update.offered:
        return _says(asked, world, "secure" if update.security else "there")
    if update.has_looked:
        return _says(asked, world, "newest")
    return _says(asked, world, "looking", UpdateWish("check"))


def _says(asked: Understood, world: World, key: str, *effects: UpdateWish) -> Plan:
    update, version = world.update, world.box.version
    answer = SENTENCES.say(asked.language, key, version=version, offered=update.offered, percent=update.per_cent)
    return Plan(asked.intent, answer, asked.language, effects)


SKILLS: Mapping[str, Skill] = {"Update": _update}

"""The cache of what was read of a store: until its stamp changes or time goes on, within bounds, of one state."""

import pytest

from dashboard.data.cache import MOST, RENEWED, STANDS, StampedCache


class World:
    stamp = "a"
    now = 0.0
    looks = 0

    def look(self) -> str:
        self.looks += 1
        return self.stamp


@pytest.fixture
def world() -> World:
    return World()


def test_made_once_for_each_state(world: World) -> None:
    cache, made = StampedCache(world.look, lambda: world.now), []
    for _ in range(3):
        assert cache.once("x", lambda: made.append(1) or len(made)) == 1
    world.stamp = "b"
    assert cache.once("x", lambda: made.append(1) or len(made)) == 2
    world.now += STANDS
    assert cache.once("x", lambda: made.append(1) or len(made)) == 3
    cache.clear()
    assert cache.once("x", lambda: made.append(1) or len(made)) == 4


def test_what_belongs_together_is_of_one_state(world: World) -> None:
    cache = StampedCache(world.look, lambda: world.now)

    def outer() -> str:
        world.stamp = "changed meanwhile"
        return cache.once("inner", lambda: "made")

    assert cache.once("outer", outer) == "made" and world.looks == 1
    assert cache.once("inner", lambda: "made anew") == "made anew"


def test_entries_are_made_before_they_are_asked_for(world: World) -> None:
    cache, made = StampedCache(world.look, lambda: world.now), []
    for key in range(RENEWED + 1):
        cache.once(("home", key), lambda key=key: made.append(key))  # type: ignore[misc]
    cache.once("other", lambda: made.append("other"))
    world.stamp = "b"
    cache.renew(lambda key: key[0] == "home")
    assert made[RENEWED + 2 :] == list(range(1, RENEWED + 1)), "the last ones, and no others"
    cache.once(("home", RENEWED), lambda: pytest.fail("made twice"))


def test_what_fails_is_not_cached(world: World) -> None:
    cache = StampedCache(world.look, lambda: world.now)
    with pytest.raises(ZeroDivisionError):
        cache.once("x", lambda: 1 // 0)
    assert cache.once("x", lambda: 5) == 5


def test_bounded(world: World) -> None:
    cache = StampedCache(world.look, lambda: world.now)
    for number in range(MOST + 9):
        cache.once(number, lambda: 1)
        cache.once(0, lambda: 1)
    assert len(cache._contents) == MOST and 0 in cache._contents and 1 not in cache._contents


def test_a_request_looks_at_the_store_once_and_sees_one_state(world: World) -> None:
    cache, made = StampedCache(world.look, lambda: world.now), []
    with cache.one_state(), cache.one_state():
        assert world.looks == 0
        cache.once("x", lambda: made.append("x"))
        world.stamp = "b"
        cache.once("y", lambda: made.append("y"))
        cache.once("x", lambda: made.append("x again"))
    assert world.looks == 1 and made == ["x", "y"]
    cache.once("x", lambda: made.append("x again"))
    assert world.looks == 2 and made[-1] == "x again"

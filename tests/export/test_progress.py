"""The progress display that shows nothing."""

from sensor.export.progress import Progress


def test_it_can_be_used_like_the_bar() -> None:
    closed: list[bool] = []

    class Counting(Progress):
        def close(self) -> None:
            closed.append(True)

    with Counting() as shown:
        shown.update()
    assert closed == [True]

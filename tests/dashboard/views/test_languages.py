"""The choice of a language: a cookie that lasts, sent on to a page of this dashboard only."""

from pathlib import Path

from tests.dashboard.site import site


def test_the_cookie_of_the_choice(tmp_path: Path) -> None:
    client = site(tmp_path).app.test_client()
    answer = client.get("/language?to=en&next=/log-in")
    assert answer.headers["Location"] == "/log-in"
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("lanwitness-language=en;") and "HttpOnly" in cookie and "SameSite=Strict" in cookie
    assert "Set-Cookie" not in client.get("/language?to=%0d%0aX&next=/").headers

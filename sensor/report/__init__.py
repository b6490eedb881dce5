"""The hand-over report of a run: content (`build`), HTML (`page`), PDF, JUnit, sentences (`texts/`).

A language is a file beside ``texts/en.toml``. The page's environment cleans and escapes every value from the wire,
whatever a template says.
"""

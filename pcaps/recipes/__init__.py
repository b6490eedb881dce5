"""Turns names of scenarios into captures: hosts (lab), servers (tools), the truth (truth), folders (scenario), one
scene_* a theme.
"""

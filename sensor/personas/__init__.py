"""A lab's seeded truths (names, addresses, numbers of a test account) into the places where they cross a network, in whatever form.

read.py a file into seeds · forms.py a value into every form it may take · edges.py whether a form stands on its own · literals.py many literals in one pass ·
search.py bytes into hits, across packet borders.
"""

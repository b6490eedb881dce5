"""One module a revision of the store's schema; a released one is never changed."""

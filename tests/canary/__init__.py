"""Random secrets planted in every protocol that has any, and the forms in which one could leak."""

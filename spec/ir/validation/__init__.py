"""The rules a module must keep, one room per part of the module."""

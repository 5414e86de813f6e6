"""DPoS: elected delegates take turns, and vote on what is final."""

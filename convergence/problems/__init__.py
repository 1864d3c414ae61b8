"""Objectives and oracles that know their own constants."""

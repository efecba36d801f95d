"""Whole models: loaded, and measured op by op.

folder, package --loading--> LoadedModel --profile--> Profile: time and bound of every op
"""

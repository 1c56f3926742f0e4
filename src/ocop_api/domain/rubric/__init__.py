"""The criteria by which OCOP products are scored, and what a score sheet comes to under them.

``edition`` reads the criteria sets, ``scoresheet`` holds what one examiner chose, ``stars`` turns a
sheet into points and stars by the ``scoring_key`` of its set, ``consolidation`` turns the sheets of a
council into one result.
"""

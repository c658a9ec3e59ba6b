"""History: runs and findings over time, in a database that many runs share.

::

    Results ─► store.record ─► runs, sightings, what was judged ─► store.load ─► lives.trace ─► ages, fixes, lag

What a run saw is written as it is and never changed; what it means (new, fixed, age) is worked out when it is read,
so that neither the order nor the number of writers matters.
"""

"""A crowd of reviewers over HTTP: load on a running installation, and proof that nothing of their work was lost.

``browser`` is one person's connection, ``reviewer`` what the person does, ``journal`` what was sent and answered,
``load`` many of them at once, ``check`` compares journals with the database. ``world`` fills a database, ``serving``
starts an installation that is taken away afterwards::

    python -m benchmarks.crowd --reviewers 50 --minutes 10
    python -m benchmarks.crowd --url https://... --project chest --people people.json --minutes 10
"""

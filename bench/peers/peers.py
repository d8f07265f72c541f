"""Scores pairs of names, or all pairs of rows, with another program.

peers.py TOOL SET reads JSON from standard input and writes {"Scores": ..., "Seconds": ...}. TOOL is logic-v2 or splink.
SET is pairs ([[schema, name1, name2], ...], one score each) or rows ([{name, id, country, address}, ...], scores as
[i, j, score] of the pairs that reach LEAST).
"""
import json
import sys
import time
from itertools import combinations

LEAST = {"logic-v2": 0.3, "splink": 0.001}  # pairs of rows that score less are not handed back


def number(text):
    """A number of a register, without its register."""
    return text.partition(":")[2] or text


# nomenklatura: the algorithm logic-v2, as it is shipped.


def logic():
    from nomenklatura.matching import get_algorithm

    algorithm = get_algorithm("logic-v2")
    config = algorithm.default_config()
    return lambda a, b: algorithm.compare(a, b, config).score


def entity(schema, key, name, row=None):
    from followthemoney import model

    properties = {"name": [name]}
    for prop, value in (row or {}).items():
        if value:
            properties[prop] = [value]
    return model.get_proxy({"id": key, "schema": schema, "properties": properties}, cleaned=False)


def logic_pairs(pairs):
    compare = logic()
    made = [(entity(s, "q%d" % i, a), entity(s, "r%d" % i, b)) for i, (s, a, b) in enumerate(pairs)]
    for a, b in made[:50]:  # tables are read at the first use
        compare(a, b)
    start = time.perf_counter()
    scores = [compare(a, b) for a, b in made]
    return scores, time.perf_counter() - start


def logic_rows(rows):
    compare = logic()
    compare(entity("Company", "a", "Warm Ltd"), entity("Company", "b", "Warm Limited"))
    start = time.perf_counter()
    made = [
        entity("Company", str(i), r["name"],
               {"registrationNumber": number(r["id"]), "country": r["country"], "address": r["address"]})
        for i, r in enumerate(rows)
    ]
    out = []
    for i, j in combinations(range(len(made)), 2):
        score = compare(made[i], made[j])
        if score >= LEAST["logic-v2"]:
            out.append([i, j, score])
    return out, time.perf_counter() - start


# Splink with DuckDB: names in Latin letters by ICU, since it brings no transliteration.


def latin(name):
    from normality import ascii_text

    return " ".join("".join(c if c.isalnum() else " " for c in (ascii_text(name) or "").lower()).split())


def linker(tables, settings):
    import logging

    from splink import DuckDBAPI, Linker

    logging.getLogger("splink").setLevel(logging.ERROR)
    db = DuckDBAPI()
    registered = [db.register(t) for t in tables]
    return Linker(registered if len(registered) > 1 else registered[0], settings)


def arrow(rows):
    import pyarrow

    return pyarrow.Table.from_pylist(rows)


def splink_pairs(pairs):
    """Names alone. The share of chance agreements (u) is taken from random pairs, the rest is fitted by expectation
    maximisation on the pairs themselves, without their labels."""
    import splink.comparison_library as cl
    from splink import SettingsCreator

    def side(k):
        return arrow([{"unique_id": i, "pair": i, "name": latin(p[k]), "words": latin(p[k]).split()}
                      for i, p in enumerate(pairs)])

    start = time.perf_counter()
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[cl.JaroWinklerAtThresholds("name", [0.97, 0.92, 0.85, 0.75]),
                     cl.ArrayIntersectAtSizes("words", [3, 2, 1])],
        blocking_rules_to_generate_predictions=["l.pair = r.pair"],
        probability_two_random_records_match=0.5,
    )
    link = linker([side(1), side(2)], settings)
    link.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    link.training.estimate_parameters_using_expectation_maximisation("l.pair = r.pair", fix_u_probabilities=True)
    scores = [0.0] * len(pairs)
    for row in link.inference.predict().as_record_list():
        scores[row["unique_id_l"]] = row["match_probability"]
    return scores, time.perf_counter() - start


def splink_rows(rows):
    import splink.comparison_library as cl
    from splink import SettingsCreator, block_on

    start = time.perf_counter()
    table = arrow([{"unique_id": i, "name": latin(r["name"]), "number": number(r["id"]) or None,
                    "country": r["country"] or None, "address": r["address"] or None} for i, r in enumerate(rows)])
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[cl.JaroWinklerAtThresholds("name", [0.97, 0.92, 0.85]), cl.ExactMatch("country"),
                     cl.ExactMatch("number"), cl.ExactMatch("address")],
        blocking_rules_to_generate_predictions=["1 = 1"],
    )
    link = linker([table], settings)
    link.training.estimate_probability_two_random_records_match([block_on("number")], recall=0.2)
    link.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    link.training.estimate_parameters_using_expectation_maximisation(block_on("number"))
    link.training.estimate_parameters_using_expectation_maximisation(block_on("name"))
    out = [[r["unique_id_l"], r["unique_id_r"], r["match_probability"]]
           for r in link.inference.predict(threshold_match_probability=LEAST["splink"]).as_record_list()]
    return out, time.perf_counter() - start


TOOLS = {("logic-v2", "pairs"): logic_pairs, ("logic-v2", "rows"): logic_rows,
         ("splink", "pairs"): splink_pairs, ("splink", "rows"): splink_rows}


def main():
    out = sys.stdout
    sys.stdout = sys.stderr  # what a library prints is no result
    scores, seconds = TOOLS[sys.argv[1], sys.argv[2]](json.load(sys.stdin))
    json.dump({"Scores": scores, "Seconds": seconds}, out)


if __name__ == "__main__":
    main()

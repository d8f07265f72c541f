"""Scores [[schema, name1, name2], ...] from stdin with nomenklatura's logic-v2."""
import json
import sys
import time

from followthemoney import model
from nomenklatura.matching import get_algorithm

algorithm = get_algorithm("logic-v2")
config = algorithm.default_config()


def entity(schema, key, name):
    return model.get_proxy({"id": key, "schema": schema, "properties": {"name": [name]}})


pairs = [(entity(s, "q%d" % i, a), entity(s, "r%d" % i, b)) for i, (s, a, b) in enumerate(json.load(sys.stdin))]
for query, result in pairs[:50]:
    algorithm.compare(query, result, config)
start = time.perf_counter()
scores = [algorithm.compare(query, result, config).score for query, result in pairs]
micros = (time.perf_counter() - start) * 1e6 / max(1, len(pairs))
json.dump({"Scores": scores, "Micros": micros}, sys.stdout)

"""How much of a capture reaches Python and what it costs there: tuples by kind, CPU seconds of the decoder and behind
it, parsers.

    python bench/reach.py CAPTURE [--every-repeat]

Prints one JSON object. Seconds are the process's own (CPU) for `decoder` and `behind`, wall clock for the parsers.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from time import process_time

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sensor.capture import open_capture
from sensor.decode import engine
from sensor.run import Options, Run
from sensor.vault import Vault

KINDS = {
    engine.SEGMENT: "segments",
    engine.DATAGRAM: "datagrams",
    engine.END: "flows ended",
    engine.PACKET: "frames",
    engine.HOST: "hosts",
    engine.REPEATED: "connections repeated",
}


def reach(path: str, *, cache: bool = True) -> dict[str, object]:
    """Read the capture as `Run.feed` does, counting."""
    run = Run(Vault(bytes(32)), Options(duplicate_cache=cache))
    kinds: Counter[int] = Counter()
    behind = 0.0
    began = process_time()
    with open_capture(path) as capture:
        for block in capture:
            for batch in run.engine.process(block):
                kinds.update(entry[0] for entry in batch)
                here = process_time()
                run.pipeline.batch(batch)
                behind += process_time() - here
        read = process_time() - began - behind
        here = process_time()
        result = run.finish(path, capture.link_types, capture.damage)
        finish = process_time() - here
    tuples = sum(kinds.values())
    parsers = sorted(result.statistics.parsers.items(), key=lambda each: -each[1].seconds)
    return {
        "compiled": run.engine.compiled,
        "packets": result.packets,
        "bytes": result.bytes,
        "tuples": tuples,
        "of_1000_packets": round(1000 * tuples / max(1, result.packets), 1),
        "kinds": {KINDS[kind]: count for kind, count in kinds.most_common()},
        "repeats_not_read": run.engine.repeated,
        "observations": run.pipeline.observations,
        "decoder_seconds": round(read, 3),
        "behind_seconds": round(behind, 3),
        "finish_seconds": round(finish, 3),
        "parsers": {name: [each.calls, round(each.seconds, 3)] for name, each in parsers[:12]},
    }


if __name__ == "__main__":
    print(json.dumps(reach(sys.argv[1], cache="--every-repeat" not in sys.argv[2:])))

"""In-memory fakes of every port, all looking at one small simulated World.

`World()` is everything a story needs: `world.helm`, `world.cluster`, `world.route`, `world.metrics`,
`world.store`, `world.lease`, `world.clock`, `world.reporter`, `world.load`. Time passes only through
`world.clock.sleep`.
"""

from tests.fakes.faults import Killed, Write
from tests.fakes.simulation import Behaviour
from tests.fakes.world import World

__all__ = ["Behaviour", "Killed", "World", "Write"]

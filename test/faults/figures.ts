import type { Figure } from './figure.ts'
import { ACK_AFTER_SYNC } from './figures/ack-after-sync.ts'
import { CACHE_OUTAGE } from './figures/cache-outage.ts'
import { CROWDED_MACHINE } from './figures/crowded-machine.ts'
import {
  HOSTILE_INPUT_CASSANDRA,
  HOSTILE_INPUT_LMDB,
  HOSTILE_INPUT_MEMORY,
} from './figures/hostile-input.ts'
import { HOT_PARTITION } from './figures/hot-partition.ts'
import { KEYSTONE_OUTAGE } from './figures/keystone-outage.ts'
import { LOST_WRITES_CASSANDRA, LOST_WRITES_LMDB } from './figures/lost-writes.ts'
import { NOISY_NEIGHBOUR, STALL } from './figures/noisy-neighbour.ts'
import { OVERLOAD } from './figures/overload.ts'
import { PIECES } from './figures/pieces.ts'
import { REVOCATION_FRESHNESS } from './figures/revocation-freshness.ts'
import { SECRET_HYGIENE } from './figures/secret-hygiene.ts'
import { SIMULATION } from './figures/simulation.ts'
import { SLOW_CLIENTS } from './figures/slow-clients.ts'
import { SOAK } from './figures/soak.ts'
import { SWAPS_CASSANDRA, SWAPS_LMDB } from './figures/swaps.ts'
import { LAGGING_REPLICA } from './figures/three-nodes/lagging-replica.ts'
import { NODE_LOSS } from './figures/three-nodes/node-loss.ts'
import { QUORUM_LOSS } from './figures/three-nodes/quorum-loss.ts'
import { WEAR } from './figures/wear.ts'
import { WORKER_CHURN_CASSANDRA, WORKER_CHURN_LMDB } from './figures/worker-churn.ts'

/** All figures, in the order in which they run. */
export const FIGURES: readonly Figure[] = [
  SIMULATION,
  LOST_WRITES_LMDB,
  ACK_AFTER_SYNC,
  SWAPS_LMDB,
  SWAPS_CASSANDRA,
  LOST_WRITES_CASSANDRA,
  NODE_LOSS,
  QUORUM_LOSS,
  LAGGING_REPLICA,
  HOT_PARTITION,
  REVOCATION_FRESHNESS,
  KEYSTONE_OUTAGE,
  CACHE_OUTAGE,
  WORKER_CHURN_LMDB,
  WORKER_CHURN_CASSANDRA,
  HOSTILE_INPUT_LMDB,
  HOSTILE_INPUT_MEMORY,
  HOSTILE_INPUT_CASSANDRA,
  SLOW_CLIENTS,
  OVERLOAD,
  NOISY_NEIGHBOUR,
  STALL,
  PIECES,
  CROWDED_MACHINE,
  SECRET_HYGIENE,
  SOAK,
  WEAR,
]

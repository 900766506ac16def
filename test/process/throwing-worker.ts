/** Loaded before the service: SIGUSR2 makes a worker throw what nobody handles. */
import cluster from 'node:cluster'

if (cluster.isWorker) {
  process.on('SIGUSR2', () => {
    throw new Error('of a test')
  })
}

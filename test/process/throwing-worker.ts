/** Loaded before the service. SIGUSR2 makes a worker throw an error that nothing catches. */
import cluster from 'node:cluster'

if (cluster.isWorker) {
  process.on('SIGUSR2', () => {
    throw new Error('of a test')
  })
}

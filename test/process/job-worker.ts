/** A process that works on the jobs of an LMDB; tells its parent of each purge as it begins. */
import { createEngine } from '../../src/engine/engine.ts'
import { LmdbDriver } from '../../src/storage/lmdb/driver.ts'

const driver = new LmdbDriver(JSON.parse(process.argv[2] ?? ''))
await driver.open()
const purge = driver.purge.bind(driver)
driver.purge = async (table, deadline) => {
  process.send?.(table.toString('hex'))
  // Small steps, so that a signal meets one.
  await new Promise((resolve) => setTimeout(resolve, 20))
  return purge(table, deadline)
}
createEngine({ driver })
process.on('disconnect', () => process.exit())

import { execFileSync } from 'node:child_process'
import { cpus } from 'node:os'
import { requireProgram } from '../../test/stack/prerequisite.ts'
import { note } from '../command.ts'
import { childrenOf } from '../processor-time.ts'

/** The load comes from one CPU, all servers run on another. */
const LOAD_CPU = 0
const SERVERS_CPU = 1

/**
 * Gives the servers one CPU for all of them, and this process, with the load that it starts,
 * another. Otherwise two builds may run on different CPUs, one of which is slower while its core
 * also works for others: ratios of a start were 0.8 to 1.7.
 *
 * @param pids of servers, whose processes have been started
 */
export function pin(pids: readonly number[]): void {
  if (cpus().length < 2) {
    note('there is one CPU only: the load takes time from the servers')
    return
  }
  const taskset = requireProgram('taskset', 'install util-linux')
  const move = (pid: number, cpu: number) =>
    execFileSync(taskset, ['--all-tasks', '--cpu-list', '--pid', `${cpu}`, `${pid}`])
  move(process.pid, LOAD_CPU)
  const moveTree = (pid: number): void => {
    move(pid, SERVERS_CPU)
    for (const child of childrenOf(pid)) moveTree(child)
  }
  for (const pid of pids) moveTree(pid)
}

import type { ServerResponse } from 'node:http'
import { UnreadAnswers } from './slow-readers.ts'

const unread = new UnreadAnswers()
let waiting: { readonly outgoing: ServerResponse; readonly body: string }[] = []

/**
 * Ends a response together with all others of this turn of the event loop, once the requests that
 * arrived together have been worked off. Writing each as soon as it is ready wakes the receiving
 * side for every single one and makes the processor change between two kinds of work: a small
 * request then costs half as much again (docs/performance.md).
 */
export function endWithTurn(outgoing: ServerResponse, body: string): void {
  if (waiting.push({ outgoing, body }) === 1) setImmediate(endWaiting)
}

function endWaiting(): void {
  const responses = waiting
  waiting = []
  for (const { outgoing, body } of responses) unread.end(outgoing, body)
}

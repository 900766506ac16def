/** A worker that reports it serves, and ends when its primary is gone. */
process.on('disconnect', () => process.exit(0))
process.on('message', ({ type }: { type: string }) => {
  if (type === 'serve') process.send?.({ type: 'serving' })
  if (type === 'drain') process.exit(0)
})
process.send?.({ type: 'loaded' })

/** A worker that reports that it serves or looks for jobs, and ends when its primary is gone. */
process.on('disconnect', () => process.exit(0))
process.on('message', ({ type }: { type: string }) => {
  if (type === 'serve') process.send?.({ type: 'serving' })
  if (type === 'look_for_jobs') process.send?.({ type: 'looking' })
  if (type === 'drain') process.exit(0)
})
process.send?.({ type: 'loaded' })

/** `bare-process.js PORT`: an HTTP server that does nothing but parse and answer. */
import { createServer } from 'node:http'
import { ITEMS_PER_PARTITION, item, partitionName } from '../items.ts'
import { magnetodbWire } from '../wire.ts'

const wire = magnetodbWire('', '')
const items = Array.from({ length: ITEMS_PER_PARTITION }, (_, index) =>
  item(partitionName(0), index),
)
const ANSWERS: Readonly<Record<string, string>> = {
  get_item: JSON.stringify(wire.gotItem(item(partitionName(0), 0))),
  query: JSON.stringify(wire.queried(items)),
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    JSON.parse(Buffer.concat(chunks).toString())
    const url = request.url ?? ''
    const answer = ANSWERS[url.slice(url.lastIndexOf('/') + 1)] ?? '{}'
    response.writeHead(200, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(answer),
    })
    response.end(answer)
  })
})
server.listen(Number(process.argv[2]), '127.0.0.1')

/** How connectconformance speaks with a program that it starts: messages on its standard streams, each after its length in four bytes. */

/** Each message that comes, until there are no more. */
export async function* incoming(): AsyncGenerator<Buffer> {
  let unread = Buffer.alloc(0);
  for await (const chunk of process.stdin) {
    unread = Buffer.concat([unread, chunk]);
    while (unread.length >= 4 && unread.length >= 4 + unread.readUInt32BE(0)) {
      const end = 4 + unread.readUInt32BE(0);
      yield unread.subarray(4, end);
      unread = unread.subarray(end);
    }
  }
}

export function send(message: Buffer): void {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(message.length, 0);
  process.stdout.write(Buffer.concat([head, message]));
}

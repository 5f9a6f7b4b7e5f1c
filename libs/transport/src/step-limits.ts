/**
 * How much one step on the event loop may do, beside what the limits of the servers say (mesh.yaml). Each is chosen so that no message keeps others waiting for
 * more than about a third of a second on an ordinary core, however it is made and however large the servers take it.
 */
export const stepLimits = {
  /** Fields of one message and of what it holds, and numbers in packed lists. A message of 4 MiB has 4 million at most: only larger ones meet this. */
  fieldsMax: 2 ** 23,
  /** Bytes of a message, unpacked, for any method but ModelInfer and the mesh stream: protobufjs makes an object of each submessage, also of an empty one. */
  smallMessageBytesMax: 128 * 1024,
  /** Entries of the map of parameters for each parameter that there may be; the last of a name counts. */
  entriesPerParameterMax: 16,
  /** Frames in one message of the mesh stream. What is sent by a mesh has some 2,000 at most. */
  framesMax: 8 * 1024,
  /** Characters of a principal, as JSON, in a frame that opens a call: a credential is in metadata, which is shorter. */
  principalCharsMax: 64 * 1024,
  /** Digests in a frame that tells of an overrun: of the requests of one run. */
  digestsMax: 1024,
  /** Details of a google.rpc.Status; more are passed over. */
  statusDetailsMax: 16,
  /** Entries of the metadata of one google.rpc.ErrorInfo; more are passed over. */
  statusMetadataMax: 64,
} as const;

/** Reads the SETTINGS of the peer. */
import { ConnectionFault, frameSizeFault, protocolFault } from './connection-fault.ts';
import { framePayloadBytesMax, int31Max, settingIds, windowBytesDefault } from './frame-types.ts';
import { errorCodes } from './types.ts';

/** The settings of the peer that matter to us. */
export interface PeerSettings {
  headerTableBytes: number;
  concurrentStreamsMax: number;
  streamWindowBytes: number;
}

export const peerSettingsDefault = (): PeerSettings => ({
  headerTableBytes: 4096,
  concurrentStreamsMax: Number.POSITIVE_INFINITY,
  streamWindowBytes: windowBytesDefault,
});

const entryBytes = 6;

/** Reads the payload of a SETTINGS frame, from `start` to `end`, into `settings`; of an entry that comes more than once the last counts. */
export function readSettings(
  settings: PeerSettings,
  payload: Buffer,
  start: number,
  end: number,
  mayPush: boolean,
): void {
  if ((end - start) % entryBytes !== 0) throw frameSizeFault('SETTINGS: want entries of 6 bytes');
  for (let at = start; at < end; at += entryBytes) {
    const value = payload.readUInt32BE(at + 2);
    switch (payload.readUInt16BE(at)) {
      case settingIds.HEADER_TABLE_SIZE:
        settings.headerTableBytes = value;
        break;
      case settingIds.ENABLE_PUSH:
        if (value > (mayPush ? 1 : 0)) throw protocolFault(`SETTINGS_ENABLE_PUSH: got ${value}`);
        break;
      case settingIds.MAX_CONCURRENT_STREAMS:
        settings.concurrentStreamsMax = value;
        break;
      case settingIds.INITIAL_WINDOW_SIZE:
        if (value > int31Max)
          throw new ConnectionFault(errorCodes.FLOW_CONTROL_ERROR, `SETTINGS_INITIAL_WINDOW_SIZE: got ${value}`);
        settings.streamWindowBytes = value;
        break;
      case settingIds.MAX_FRAME_SIZE:
        // More than the least is never used.
        if (value < framePayloadBytesMax || value > 0xffffff)
          throw protocolFault(`SETTINGS_MAX_FRAME_SIZE: got ${value}`);
        break;
    }
  }
}

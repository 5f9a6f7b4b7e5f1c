/** Every event of an operator's interest: the one table that loggers, levels by room and the reference page go by. */

/** From the least to the most important. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

export const isLogLevel = (text: string): text is LogLevel => logLevels.some((level) => level === text);

/** What an event is. Names never change: alarms and searches go by them. */
export interface EventSpec {
  /** The part of the product that tells it. */
  readonly room: string;
  readonly level: LogLevel;
  /** For people: when it happens. */
  readonly when: string;
  /** What it tells beside its sentence, as far as it is known. */
  readonly fields: readonly string[];
}

/** The fields of an event that is about one call. */
const call = ['trace', 'span', 'name', 'code', 'ms', 'attributes'] as const;

/** The fields of a breaker's change. */
const breaker = ['service', 'endpoint', 'model', 'version', 'from', 'to', 'delayMs', 'caller'] as const;

export const events = {
  // Processes, as their supervisor sees them.
  'process.ready': event('supervisor', 'info', 'a process answers calls', 'child', 'childPid', 'port'),
  'process.loading': event('supervisor', 'info', 'a process that starts has come on', 'child'),
  'process.notice': event('supervisor', 'info', 'a process tells of what it holds', 'child'),
  'process.ended': event('supervisor', 'error', 'a process ended by itself', 'child', 'reason', 'delayMs'),
  'process.ready-again': event('supervisor', 'info', 'a process that ended is back', 'child', 'childPid'),
  'process.crash-loop': event('supervisor', 'error', 'it ended 3 times in a row', 'child', 'reason', 'delayMs'),
  'jobs.no-queue': event('worker', 'error', 'a worker cannot read the jobs for the moment'),
  'jobs.callback-given-up': event('worker', 'warn', 'nobody took a call-back of a job, after many tries', 'job'),
  'jobs.failed': event('worker', 'warn', 'a job has failed for good', 'job', 'name', 'code', 'reason', 'attempt'),
  'jobs.batch-begun': event('worker', 'info', 'a batch began by itself', 'name', 'key', 'batch', 'version'),
  'jobs.batch-not-begun': event('worker', 'error', 'a batch that was due could not begin', 'name', 'key'),
  'jobs.worker-failed': event('supervisor', 'error', 'a worker could not start; it is not tried again'),
  'mesh.up': event('supervisor', 'info', 'all of the mesh has started', 'addresses'),
  'mesh.drained': event('supervisor', 'info', 'an operator drained the last gateway'),
  'mesh.failed': event('supervisor', 'error', 'a mesh could not start'),
  'mesh.threads': event('supervisor', 'warn', 'runs want more threads than there are cores'),
  'mesh.settings-wait': event('supervisor', 'warn', 'settings changed that count from the next start on'),
  'mesh.part-out': event('supervisor', 'warn', 'a part of the folder is broken, and not served'),
  'mesh.note': event('supervisor', 'info', 'something in the folder may not be meant'),
  'reload.done': event('supervisor', 'info', 'the folder is taken up'),
  'reload.begun': event('supervisor', 'warn', 'a process found other files than the mesh has taken up'),
  'reload.failed': event('supervisor', 'error', 'the folder could not be taken up; all goes on as it was'),
  'reload.kept': event('supervisor', 'error', 'a service goes on as it was', 'service'),
  'reload.gateway-behind': event('supervisor', 'warn', 'a gateway did not take up what it was told', 'child'),
  'registry.alias-moved': event('supervisor', 'info', 'an alias means another version in the mesh', 'model', 'version'),
  'registry.version-out': event(
    'supervisor',
    'error',
    'a version that the registry wants served stays out; what was served before goes on',
    'model',
    'version',
  ),
  'registry.view-damaged': event('supervisor', 'error', 'a file of the view is not what the registry says'),
  'registry.unsigned': event(
    'registry',
    'warn',
    'a version has no signature that is trusted, and is taken all the same',
  ),
  'registry.away': event('supervisor', 'warn', 'the registry is not reached; the mesh goes on with what it has'),
  'registry.back': event('supervisor', 'info', 'the registry is reached again'),
  'registry.failed': event(
    'supervisor',
    'error',
    'what the registry says could not be taken up; all goes on as it was',
  ),
  'watch.poll-only': event('supervisor', 'warn', 'the system does not tell of changes in the folder', 'code'),
  'control.taken': event('supervisor', 'warn', 'another mesh runs from this folder'),
  'control.closed': event('supervisor', 'warn', 'commands cannot reach the mesh', 'code'),
  // Any process.
  'start.ready': event('host', 'info', 'a process that was started by hand answers calls'),
  'start.failed': event('host', 'error', 'a process that was started by hand could not start', 'reason'),
  'output.printed': event('host', 'info', 'something else than the log was printed', 'child', 'stream'),
  'log.dropped': event('host', 'warn', 'lines were not written, since nobody took them', 'lines'),
  'log.level-set': event('host', 'info', 'an operator set levels of the log', 'rooms', 'to', 'ms'),
  'webhooks.failed': event('registry', 'error', 'webhooks cannot be told for the moment'),
  'webhooks.given-up': event('registry', 'warn', 'a webhook was not told of a change, after many tries'),
  'access-log.failed': event('host', 'error', 'the access log cannot be written', 'file', 'code'),
  'access-log.back': event('host', 'info', 'the access log is written again', 'file'),
  'tracing.variable-wrong': event('telemetry', 'warn', 'a variable of OpenTelemetry says what is not understood'),
  'tracing.collector-lost': event('telemetry', 'error', 'the collector of traces takes no spans'),
  'tracing.collector-back': event('telemetry', 'info', 'the collector of traces takes spans again'),
  'metrics.served': event('telemetry', 'info', 'metrics are served', 'url'),
  'metrics.not-served': event(
    'telemetry',
    'warn',
    'somebody else has the port that metrics would be served on',
    'port',
  ),
  // Servers and certificates.
  'call.failed-inside': event('transport', 'error', 'a mistake of ours ended a call', 'server'),
  'call.internal-error': event('transport', 'error', 'a call is answered with INTERNAL'),
  'call.ended': event('transport', 'debug', 'a call was answered', ...call),
  'connections.full': event('transport', 'warn', 'connectionsMax is reached', 'server', 'max', 'closed', 'refused'),
  'tls.renewed': event('transport', 'info', 'new certificates count', 'server'),
  'tls.unreadable': event('transport', 'error', 'certificates cannot be read'),
  'tls.handshake-failed': event('transport', 'warn', 'a peer could not be let in', 'peer'),
  'secret.unreadable': event('transport', 'error', 'a secret or a token cannot be read', 'secret'),
  // The way to services.
  'breaker.changed': event('outbound', 'warn', 'a breaker opens, is tried, or closes', ...breaker),
  'breaker.passed': event('outbound', 'debug', 'a breaker was asked for a call', ...call),
  'try.ended': event('outbound', 'debug', 'a call asked an endpoint', ...call),
  'wait.ended': event('outbound', 'debug', 'a call waited for a process that starts again', ...call),
  'endpoint.holds-other': event('outbound', 'error', 'a process holds other files', 'service', 'endpoint'),
  'caller.slowed': event('outbound', 'warn', 'calls of one caller ended a process', 'service', 'caller', 'ends'),
  // Models and transforms.
  'registry.untended': event('registry', 'warn', 'files of the registry could not be looked after'),
  'shadow.failed': event('rollout', 'error', 'a copy of a call for a version in shadow could not be compared'),
  'webhooks.forgotten': event(
    'registry',
    'warn',
    'which entries webhooks were told is not known any more, and they are told again',
  ),
  'registry.damaged': event('registry', 'error', 'a file of a version is damaged or gone', 'sha256', 'versions'),
  'run.failed': event('runtime', 'error', 'a run failed, and not for what the caller sent', 'subject'),
  'run.ended': event('runtime', 'debug', 'a model or transform ran', ...call),
  'queue.left': event('runtime', 'debug', 'a call left the queue of a model', ...call),
  'run.stuck': event('runtime', 'error', 'a run cannot be stopped; its process ends', 'subject'),
  'worker.failed': event('runtime', 'error', 'a thread of a model ended', 'subject'),
  'worker.replaced': event('runtime', 'warn', 'workers are replaced for the memory they take', 'subject', 'bytes'),
  'worker.kept': event('runtime', 'error', 'a worker could not be replaced', 'subject'),
  'transform.failed': event('runtime', 'error', 'the process of a transform ended', 'subject'),
  'transform.printed': event('runtime', 'warn', 'a transform printed something while it was read', 'file'),
  'model.undeclared': event('runtime', 'warn', 'an answer is not as the file declares', 'subject', 'output'),
  'model.mapped': event('runtime', 'warn', 'a model is too large to be held, so its files are mapped', 'subject'),
  'model.provider-missing': event('runtime', 'warn', 'an execution provider is not here', 'subject', 'provider'),
  'model.out': event('runtime', 'error', 'a model version or transform cannot be served', 'model', 'version'),
  'model.notice': event('runtime', 'info', 'why a model is not batched, and the like'),
  'memory.passed': event('runtime', 'error', 'a process passed its memory limit, and ends', 'service', 'bytes'),
  // Pipelines, policies and state.
  'stage.ended': event('pipeline', 'debug', 'a stage or a member of one ended', ...call),
  'pipeline.ended': event('pipeline', 'debug', 'a pipeline ended', ...call),
  'pipeline.out': event('pipeline', 'error', 'a pipeline cannot be served', 'pipeline'),
  'rules.decided': event('policies', 'debug', 'what the rules decided of a call', ...call),
  'policies.open-to-all': event('policies', 'warn', 'whoever reaches the server may call'),
  'policies.keys-shortened': event('policies', 'warn', 'keys end earlier than they say'),
  'rollout.changed': event(
    'rollout',
    'info',
    'a rollout takes a step, is held or is promoted',
    'rollout',
    'name',
    'to',
    'by',
  ),
  'rollout.rolled-back': event('rollout', 'warn', 'a guard has ended a rollout', 'rollout', 'name', 'to', 'by'),
  'rollouts.unreadable': event('rollout', 'error', 'rollouts cannot be read or moved, and go on as they were'),
  'rollouts.readable': event('rollout', 'info', 'they can be read again'),
  'shadow.differs': event(
    'rollout',
    'info',
    'a version in shadow answers otherwise',
    'model',
    'version',
    'compared',
    'agreed',
    'failed',
  ),
  'limits.shared': event('policies', 'info', 'limits are counted for all gateways together'),
  'limits.alone': event('policies', 'error', 'limits cannot be counted for all gateways together', 'code'),
  'keys.unreadable': event('identity', 'error', 'the state cannot be read, or a key set cannot be had'),
  'keys.readable': event('identity', 'info', 'they can be read again'),
  'keys.stale': event('identity', 'error', 'nobody could tell for 10 s which keys count: not ready'),
  'keys.fresh': event('identity', 'info', 'the gateway knows again which keys count'),
  'audit.head': event('store', 'info', 'the audit trail has a new end', 'sequence', 'hash'),
  'audit.cut': event('store', 'error', 'the audit trail does not hold what it held'),
  'state.failed': event('store', 'error', 'the thread of the state failed'),
} as const satisfies Readonly<Record<string, EventSpec>>;

function event<Room extends string, const Fields extends readonly string[]>(
  room: Room,
  level: LogLevel,
  when: string,
  ...fields: Fields
): EventSpec & { readonly room: Room; readonly fields: Fields } {
  return { room, level, when, fields };
}

export type EventName = keyof typeof events;
export type Room = (typeof events)[EventName]['room'];

/** In alphabetical order. */
export const logRooms: readonly Room[] = [...new Set(Object.values(events).map(({ room }) => room))].sort();

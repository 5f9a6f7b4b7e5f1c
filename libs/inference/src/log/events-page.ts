/** The reference page of events, from the table that loggers go by. */
import { events, logLevels, logRooms } from './events.ts';

/** Markdown. */
export function eventsPage(): string {
  const rows = logRooms.flatMap((room) =>
    Object.entries(events)
      .filter(([, spec]) => spec.room === room)
      .map(
        ([name, { level, when, fields }]) =>
          `| \`${name}\` | ${room} | ${level} | ${when} | ${fields.map((field) => `\`${field}\``).join(', ')} |`,
      ),
  );
  return `# Events of the log

What the processes of a mesh tell: as a sentence, or with \`sheaf up --log json\` as one line of JSON with \`level\`, \`time\`, \`process\` and \`pid\` (of
whoever tells it), \`room\`, \`event\`, \`msg\` (the sentence), the fields of the table as far as they are known, and \`err\` where something was thrown.
Names of events do not change.

Levels are ${logLevels.join(', ')}. Events below info are told only while somebody asks for them: \`sheaf admin log --room outbound --level debug\`.
The [access log](policies.md#accesslog) is beside them: its lines have \`event\` too (\`call\`, \`calls left out\`, \`rule would act\`, \`lines lost\`).

| event | room | level | when | fields |
|---|---|---|---|---|
${rows.join('\n')}
`;
}

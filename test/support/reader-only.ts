/** What of a document only its reader can tell: its lines, as `path: message`, and why no schema says it in a keyword. */
export const readerOnly: readonly (readonly [RegExp, string])[] = [
  [/\.(when|where|keep|cost|weight): /, 'expressions have a grammar, types and bounds of their own'],
  [/: another (limit|rule) is called |: another entry has this issuer /, 'one key of the items of a list, each once'],
  [/: there is no (input|stage) "|: the service has no model "/, 'names that stand elsewhere in the document'],
  [/ is an input and a stage; /, 'a name that stands for one thing only'],
  [/: want `when`; only the last branch /, 'the last item of a list, which may be another than those before it'],
  [/: want at most \d+ where there are \d+ replicas/, 'sums of several keys'],
  [/: steps stand in steps at most /, 'how deep parts stand in one another'],
  [/: a step inside each takes the inputs of each$/, 'steps at any depth below one'],
  [/: want the classes .* in any order, |: the member has labels; /, 'classes of the members against those of all'],
  [/: the weights of the members sum to 0$|\.quorum(\.weight)?: want at most the /, 'sums over the members'],
  [/ takes one answer; it has no quorum$| reads all members; none may be optional, /, 'what a combiner is able to do'],
  [/^schedule\.(cron|timezone): /, 'when a clock strikes has a grammar, and time zones have a list of their own'],
  [/^signing\.keys: want a key at least, /, 'a list that may be empty with one of the policies'],
  [/: the member is not optional, so it is waited for /, 'an `optional` whose default follows the quorum'],
];

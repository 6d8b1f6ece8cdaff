// Guard: the opposite of what the other asks.
import { differing } from './differing.ts';
import type { Reading } from './reading.ts';
import { stemOf } from './stem.ts';
import { meaningOf } from './synonyms.ts';

const OPPOSITES = `
increase decrease|increase reduce|buy sell|maximum minimum|max min|more less|more fewer|most least|open close|open clos|before after|pro con
advantage disadvantage|benefit drawback|best worst|better worse|good bad|male female|man woman|boy girl|import export|enable disable|start stop
start end|begin end|begin stop|add remov|add subtract|multiply divid|encrypt decrypt|encod decod|compress decompress|upload download
install uninstall|connect disconnect|lock unlock|block unblock|follow unfollow|subscrib unsubscrib|mount unmount|push pull|hot cold|warm cool
high low|higher lower|highest lowest|big small|larg small|larger smaller|largest smallest|long short|longer shorter|longest shortest|fast slow
faster slower|fastest slowest|cheap expensiv|cheaper expensiv|cheapest expensiv|early late|earliest latest|first last|old new|older newer
oldest newest|oldest youngest|older younger|old young|north south|east west|left right|up down|in out|on off|turnon turnoff|turnon disable|turnoff enable|inside outside|indoor outdoor
internal external|public privat|sender receiver|send receiv|lend borrow|win los|gain los|pass fail|accept reject|accept declin|approv reject
allow forbid|allow deny|grant revok|includ exclud|with without|morethan lessthan|atleast atmost|over under|above below|ascend descend|asc desc
husband wif|brother sister|father mother|uncl aunt|son daughter|teacher student|employer employee|buyer seller|debit credit|debitcard creditcard
incom expens|profit loss|asset liability|deposit withdraw|arriv depart|arrival departur|light dark|lighten darken|hard soft|difficult easy|harder easier
hardest easiest|strong weak|wet dry|empty full|true false|same different|positiv negativ|plus minus|legal illegal|safe unsaf|safe dangerous
healthy unhealthy|possibl impossibl|visibl invisibl|valid invalid|dependent independent|formal informal|regular irregular|active inactive
sync async|synchronous asynchronous|client server|frontend backend|ancestor descendant|parent child|row column|horizontal vertical
encourag discourag|agre disagre|lov hat|like dislike|like hate|appear disappear|attach detach|expand collaps|show hid|sunris sunset|inflation deflation
convex concav|acid bas|singular plural|input output|sourc destination|serializ deserializ|login logout|create remov|cur caus|caus prevent|introvert extrovert`;
const NEGATING = ['un', 'in', 'im', 'il', 'ir', 'dis', 'non', 'anti', 'de'];

const pairs = new Set(
  OPPOSITES.trim()
    .split(/[|\n]/)
    .flatMap((pair) => {
      const [one = '', other = ''] = pair.split(' ').map((word) => meaningOf(stemOf(word)));
      return [`${one} ${other}`, `${other} ${one}`];
    }),
);

export function areTurnedRound(asked: Reading, known: Reading): boolean {
  const { asked: one, known: other } = differing(asked, known);
  return one.some((word) => other.some((against) => areOpposites(word, against)));
}

function areOpposites(one: string, other: string): boolean {
  if (pairs.has(`${one} ${other}`)) return true;
  return NEGATING.some((prefix) => prefix + one === other || prefix + other === one);
}

// A message in words, for channels that people read.
import { SEVERITIES } from '../core/alert.ts';
import type { Message, Notice } from './notice.ts';
import { span } from './told-figures.ts';

/** What is told of one alert. */
export interface Told {
  readonly heading: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** Null: it is over, and there is nothing to do. */
  readonly todo: string | null;
  /** Where more of it is: addresses, or paths where the gateway's own address is not known. */
  readonly links: readonly string[];
}

/** One line. */
export function headline({ kind, notices, more }: Message): string {
  if (kind === 'test') return 'Switchyard: a test. Alerts would come here.';
  const [first] = notices;
  if (kind === 'alerts' && notices.length === 1 && first !== undefined)
    return `Switchyard: ${headingOf(first)}`;
  const all = notices.length + more;
  const before = kind === 'summary' ? 'While it was quiet: ' : '';
  return `Switchyard: ${before}${all} ${all === 1 ? 'alert' : 'alerts'} (${countsOf(notices, more)})`;
}

export function toldOf(notice: Notice, link: string | null): Told {
  const { kind, alert } = notice;
  const began = new Date(alert.startedAt).toISOString();
  const since = [kind === 'resolved' ? 'began' : 'since', began] as const;
  const isOver = kind === 'resolved';
  const places = [...(alert.see === null ? [] : [alert.see]), `/router/v1/alerts/${alert.id}`];
  return {
    heading: headingOf(notice),
    facts: [...Object.entries(alert.facts), since],
    todo: isOver ? null : alert.todo,
    links: places.map((path) => linkTo(link, path)),
  };
}

/** What stands below all of them; null: nothing. */
export function footer({ kind, more }: Message, link: string | null): string | null {
  if (kind === 'test') return 'Somebody asked for this by the API or the command line.';
  if (more === 0) return null;
  return `and ${more} more: ${linkTo(link, '/router/v1/alerts?state=active')}`;
}

export function linkTo(link: string | null, path: string): string {
  return link === null ? path : `${link}${path}`;
}

function headingOf({ kind, alert, at }: Notice): string {
  if (kind === 'resolved') return `Over after ${span(at - alert.startedAt)}: ${alert.title}`;
  const again = kind === 'reminder' ? `still, for ${span(at - alert.startedAt)}: ` : '';
  return `[${alert.severity}] ${again}${alert.title}`;
}

function countsOf(notices: readonly Notice[], more: number): string {
  const going = notices.filter(({ kind }) => kind !== 'resolved');
  const counts = SEVERITIES.toReversed().flatMap((severity) => {
    const many = going.filter(({ alert }) => alert.severity === severity).length;
    return many === 0 ? [] : [`${many} ${severity}`];
  });
  const over = notices.length - going.length;
  return [
    ...counts,
    ...(over === 0 ? [] : [`${over} over`]),
    ...(more === 0 ? [] : [`${more} more`]),
  ].join(', ');
}

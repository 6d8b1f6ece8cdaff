// The whole measurement: answers through a gateway, requests through the translators, second opinions; null without recordings.
import { recordingsFolder } from '../find-recordings.ts';
import { measureReplies } from './measure-replies.ts';
import { measureRequests, secondOpinions } from './measure-requests.ts';
import { type Fidelity, figuresOf } from './report.ts';
import { recordedCalls } from './sources.ts';

export async function measureFidelity(): Promise<Fidelity | null> {
  const folder = recordingsFolder();
  if (folder === null) return null;
  const recordings = recordedCalls(folder);
  const crossings = await measureReplies(recordings);
  return figuresOf(crossings, measureRequests(recordings), secondOpinions(folder));
}

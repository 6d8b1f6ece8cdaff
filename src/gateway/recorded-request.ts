// RecordedRequest: what a row tells of a request.

/** What is known of the caller and the request once they are read. */
export interface RecordedRequest {
  readonly stream: boolean;
  readonly user: string | null;
  readonly requestedModel: string;
  readonly metadata: { readonly [name: string]: unknown } | null;
}

/** Before it is read. */
export const UNREAD: RecordedRequest = {
  stream: false,
  user: null,
  requestedModel: '',
  metadata: null,
};

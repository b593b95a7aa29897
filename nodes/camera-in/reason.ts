/** Why a request failed, in a sentence where there is one. */
export function reasonOf(failure: unknown): string {
  const { status, statusText, responseJSON } = failure as {
    status: number;
    statusText: string;
    responseJSON?: { error?: string };
  };
  return responseJSON?.error ?? `${status} ${statusText}`;
}

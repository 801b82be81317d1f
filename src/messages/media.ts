import type { MessageRow } from './store'

/** Dialpad's URLs of the message's media, in order. */
export const mediaOf = ({ mediaUrl, learned }: MessageRow): string[] =>
  learned?.mediaUrls ?? (mediaUrl === null ? [] : [mediaUrl])

/** Paths of our media routes, because Dialpad's URLs require the server's token. */
export const mediaPaths = (row: MessageRow): string[] =>
  mediaOf(row).map((_, index) => `/api/messages/${row.id}/media/${index}`)

import type { MessageRow } from './store'

/** Dialpad's addresses of the message's media, in order. */
export const mediaOf = ({ mediaUrl, learned }: MessageRow): string[] =>
  learned?.mediaUrls ?? (mediaUrl === null ? [] : [mediaUrl])

/** Our streaming routes: Dialpad's own addresses need the server's token. */
export const mediaPaths = (row: MessageRow): string[] =>
  mediaOf(row).map((_, index) => `/api/messages/${row.id}/media/${index}`)

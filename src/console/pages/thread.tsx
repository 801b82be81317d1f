import { useQuery } from '@tanstack/react-query'
import type { Message } from '../../sdk/records'
import { appApi, fileUrl, read } from '../api'
import { useApps } from '../apps'
import { number, time } from '../format'
import { DeliveryChip, otherPartyOf } from '../message-parts'
import { Link, usePlace } from '../navigation'
import { NoApp } from '../no-app'
import { Button, Empty, Loading, PageHead, Panel, Problem } from '../ui'
import { useList } from '../use-list'
import { CopyButton } from '../values'
import { Reply } from './reply'

/** All messages with one number, as a conversation. */
export function ThreadPage() {
  const { app } = useApps()
  const other = decodeURIComponent(usePlace().path.split('/')[1] ?? '')
  return app ? <Thread appId={app.app_id} other={other} /> : <NoApp title="Messages" />
}

function Thread({ appId, other }: { appId: string; other: string }) {
  const list = useList<Message>({
    key: ['thread', appId, other],
    topic: 'messages',
    idOf: ({ id }) => id,
    load: async (cursor, signal) => {
      const query = { with: other, ...(cursor && { cursor }) }
      const { messages, pagination } = await read(appApi(appId).GET('/api/messages', { params: { query }, signal }))
      return { items: messages, pagination }
    },
  })
  const oldestFirst = list.rows.toReversed()
  const days = Map.groupBy(oldestFirst, ({ sent_at }) => new Date(sent_at).toDateString())
  const name = list.rows.map(otherPartyOf).find((name) => name !== number(other)) ?? number(other)
  return (
    <>
      <PageHead
        title={name}
        actions={
          <>
            <Link className="button" to={`calls?number=${encodeURIComponent(other)}`}>
              Calls with this number
            </Link>
            <Link className="button" to="messages">
              All messages
            </Link>
          </>
        }
      >
        {number(other)} <CopyButton value={other} label="the number" />
      </PageHead>
      <Panel>
        {list.isEmpty === null && (list.error ? <Problem error={list.error} retry={list.refresh} /> : <Loading />)}
        {list.isEmpty && (
          <Empty title="No messages with this number">
            They appear here as they are sent and received. See <Link to="messages">all messages</Link>.
          </Empty>
        )}
        {list.hasMore && (
          <div className="list-note">
            <Button small busy={list.loadingMore} onClick={list.more}>
              {list.loadingMore ? 'Loading…' : 'Load older messages'}
            </Button>
          </div>
        )}
        <div className="thread" role="log" aria-label={`Messages with ${name}`}>
          {[...days].map(([day, messages]) => (
            <section key={day} aria-label={dayTitle(day)}>
              <h2>{dayTitle(day)}</h2>
              {messages.map((message) => (
                <Bubble key={message.id} appId={appId} message={message} />
              ))}
            </section>
          ))}
        </div>
        <Reply appId={appId} to={other} />
      </Panel>
    </>
  )
}

const longDay = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
const dayTitle = (instant: string) => longDay.format(new Date(instant))

function Bubble({ appId, message }: { appId: string; message: Message }) {
  const { direction, text, media_urls, sent_at, user_id } = message
  return (
    <article className="bubble" data-direction={direction}>
      {text !== null && <p dir="auto">{text}</p>}
      {text === null && media_urls.length === 0 && <p className="muted">Text not exported by Dialpad</p>}
      {media_urls.map((path, index) => (
        <Attachment
          key={path}
          appId={appId}
          path={path}
          title={media_urls.length > 1 ? `Attachment ${index + 1}` : 'Attachment'}
        />
      ))}
      <footer>
        <time dateTime={sent_at} title={new Date(sent_at).toLocaleString()}>
          {time(sent_at)}
        </time>
        {direction === 'outbound' && user_id && <span>{user_id}</span>}
        <DeliveryChip message={message} />
      </footer>
    </article>
  )
}

/** A link that opens in a new tab, because external media is not shown inside the console. */
function Attachment({ appId, path, title }: { appId: string; path: string; title: string }) {
  const { data: href } = useQuery({
    queryKey: ['file', path],
    queryFn: () => fileUrl(appId, path),
    staleTime: 1_800_000,
  })
  return (
    <a href={href} target="_blank" rel="noreferrer noopener">
      {title}
    </a>
  )
}

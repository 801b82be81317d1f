type Receive = (text: string) => void

export type Topics = ReturnType<typeof createTopics>

/** Topics inside this process, for subscribers that are not Bun sockets. */
export function createTopics() {
  const members = new Map<string, Set<Receive>>()
  return {
    subscribe(topic: string, receive: Receive): void {
      const ofTopic = members.get(topic) ?? new Set()
      members.set(topic, ofTopic.add(receive))
    },
    unsubscribe(topic: string, receive: Receive): void {
      const ofTopic = members.get(topic)
      ofTopic?.delete(receive)
      if (ofTopic?.size === 0) members.delete(topic)
    },
    publish(topic: string, text: string): void {
      for (const receive of members.get(topic) ?? []) receive(text)
    },
    /** How many topics have members. */
    size: () => members.size,
  }
}

from weft.packet_trace.render_story import render_story, story_data
from weft.packet_trace.story import PacketStory
from weft.packet_trace.tell import StoryTeller

__all__ = ["PacketStory", "StoryTeller", "render_story", "story_data"]

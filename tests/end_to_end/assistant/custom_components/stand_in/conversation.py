"""An agent that uses Home Assistant's tools as the agents of language models do."""

import json
from typing import Any, Literal, override

from homeassistant.components import conversation
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import MATCH_ALL
from homeassistant.core import HomeAssistant
from homeassistant.helpers import llm
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the agent."""
    async_add_entities([StandIn(entry)])


class StandIn(conversation.ConversationEntity):
    """The agent: it knows which tool fits a sentence, and says what it answered."""

    _attr_name = "Stand-in"
    _attr_supported_features = conversation.ConversationEntityFeature.CONTROL

    def __init__(self, entry: ConfigEntry) -> None:
        """Take the sentences of the entry."""
        self._attr_unique_id = entry.entry_id
        self._sentences: dict[str, Any] = dict(entry.data)

    @property
    @override
    def supported_languages(self) -> Literal["*"]:
        """Understand all languages."""
        return MATCH_ALL

    @override
    async def _async_handle_message(
        self,
        user_input: conversation.ConversationInput,
        chat_log: conversation.ChatLog,
    ) -> conversation.ConversationResult:
        """Call the tool through the chat log, then say its answer."""
        await chat_log.async_provide_llm_data(
            user_input.as_llm_context("stand_in"), llm.LLM_API_ASSIST
        )
        tool, arguments = self._sentences[user_input.text]
        call = conversation.AssistantContent(
            agent_id=self.entity_id,
            content=None,
            tool_calls=[llm.ToolInput(tool, arguments)],
        )
        said = ""
        async for content in chat_log.async_add_assistant_content(call):
            said = json.dumps(content.result.data)
        chat_log.async_add_assistant_content_without_tools(
            conversation.AssistantContent(agent_id=self.entity_id, content=said)
        )
        return conversation.async_get_result_from_chat_log(user_input, chat_log)

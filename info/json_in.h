/*
 * JSON that stands in model files.
 */
#ifndef KW_INFO_JSON_IN_H
#define KW_INFO_JSON_IN_H

#include <json-glib/json-glib.h>

/*
 * The text as a tree; NULL when it is no JSON, or nested more deeply than any
 * model needs: json-glib's parser runs out of stack on some of those.
 */
JsonNode *info_json_parse(const char *text);

/*
 * Fill in kind and frozen of the InfoLayers that the model_config of a Keras
 * model, JSON, has words about.
 */
void info_json_describe_layers(const char *config, GPtrArray *layers);

#endif

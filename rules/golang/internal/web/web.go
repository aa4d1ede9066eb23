// Package web knows the HTTP servers of Go: where a request's data comes in, in
// net/http and in gin, echo, fiber, chi and gorilla/mux. Use [IsInput].
package web

import "github.com/peercheck/peercheck/rules/golang/internal/code"

// inputs are the functions and methods whose first result is what a client
// sent, as query.Name spells them, without major versions.
var inputs = map[string]bool{
	"(*net/http.Request).FormValue":     true,
	"(*net/http.Request).PostFormValue": true,
	"(*net/http.Request).PathValue":     true,
	"(*net/http.Request).Cookie":        true,
	"(*net/http.Request).BasicAuth":     true,
	"(*net/http.Request).UserAgent":     true,
	"(*net/http.Request).Referer":       true,
	"(net/http.Header).Get":             true,
	"(net/http.Header).Values":          true,
	"(net/url.Values).Get":              true,

	"github.com/go-chi/chi.URLParam":        true,
	"github.com/go-chi/chi.URLParamFromCtx": true,
	"github.com/gorilla/mux.Vars":           true,

	"(github.com/julienschmidt/httprouter.Params).ByName": true,
}

// contexts are the request contexts of frameworks, with the methods that give
// what a client sent.
var contexts = map[string][]string{
	"(*github.com/gin-gonic/gin.Context)": {"Param", "Query", "DefaultQuery", "GetQuery", "QueryArray", "GetQueryArray", "QueryMap", "PostForm",
		"DefaultPostForm", "GetPostForm", "PostFormArray", "PostFormMap", "GetHeader", "Cookie", "GetRawData"},
	"(github.com/labstack/echo.Context)": {"Param", "ParamValues", "QueryParam", "QueryParams", "QueryString", "FormValue", "FormParams", "Cookie"},
	"(*github.com/gofiber/fiber.Ctx)": {"Params", "Query", "Queries", "FormValue", "Get", "Cookies", "Body", "BodyRaw", "OriginalURL", "Path",
		"Hostname", "QueryParam", "GetReqHeaders"},
	"(github.com/gofiber/fiber.Ctx)": {"Params", "Query", "Queries", "FormValue", "Get", "Cookies", "Body", "BodyRaw", "OriginalURL", "Path",
		"Hostname", "GetReqHeaders"},
}

func init() {
	for context, methods := range contexts {
		for _, method := range methods {
			inputs[context+"."+method] = true
		}
	}
}

// IsInput reports whether the function of a qualified name gives what a client
// sent.
func IsInput(name string) bool { return inputs[code.Unversioned(name)] }

using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Client;
using MirrorTools.Contracts.Errors;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Control;

public sealed class ControlApiTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private AgentProcess _agent = null!;
    private HttpClient _http = null!;

    public async Task InitializeAsync()
    {
        _agent = await AgentProcess.StartAsync(_directory["s"]);
        _http = new HttpClient { BaseAddress = new Uri(MirrorAgentClient.ReadRecord(_agent.State)!.ApiAddress) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", File.ReadAllText(Path.Combine(_agent.State, "token")).Trim());
    }

    public async Task DisposeAsync() => await _agent.DisposeAsync();

    public void Dispose()
    {
        _http.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task The_document_has_every_route_of_the_contract()
    {
        using var document = JsonDocument.Parse(await _http.GetStringAsync(Routes.OpenApi));
        var paths = document.RootElement.GetProperty("paths").EnumerateObject().Select(path => path.Name).ToHashSet();
        var routes = typeof(Routes).GetFields().Select(field => (string)field.GetValue(null)!).Where(route => route.StartsWith("/v1/", StringComparison.Ordinal));
        Assert.Empty(routes.Except([Routes.OpenApi]).Except(paths));
    }

    [Fact]
    [Rule("P-9")]
    public async Task No_route_answers_without_the_token_not_even_one_that_is_not_there()
    {
        _http.DefaultRequestHeaders.Authorization = null;
        foreach (var path in new[] { Routes.Agent, Routes.OpenApi, Routes.Pairs, "/", "/v1/nope", "/v2/agent" })
        {
            using var answer = await _http.GetAsync(path);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Equal(ErrorIds.AccessDenied, MirrorJson.Read<ErrorBody>(await answer.Content.ReadAsByteArrayAsync()).ErrorId);
        }
    }

    [Theory]
    [InlineData("POST", "/v1/pairs", "{", ErrorIds.InvalidArgument)]
    [InlineData("POST", "/v1/pairs", "[]", ErrorIds.InvalidArgument)]
    [InlineData("POST", "/v1/pairs", "{\"sizeBytes\":\"x\"}", ErrorIds.InvalidArgument)]
    [InlineData("GET", "/v1/pairs/p/cycles?take=0", null, ErrorIds.InvalidArgument)]
    [InlineData("GET", "/v1/events?take=a", null, ErrorIds.InvalidArgument)]
    [InlineData("GET", "/v1/nope", null, ErrorIds.ApiVersionNotSupported)]
    [InlineData("GET", "/v9/agent", null, ErrorIds.ApiVersionNotSupported)]
    [InlineData("DELETE", "/v1/agent", null, ErrorIds.ApiVersionNotSupported)]
    public async Task Requests_that_make_no_sense_get_an_error_body(string method, string path, string? body, string errorId)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await _http.SendAsync(request);
        Assert.Equal(errorId, MirrorJson.Read<ErrorBody>(await answer.Content.ReadAsByteArrayAsync()).ErrorId);
        Assert.InRange((int)answer.StatusCode, 400, 499);
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused()
    {
        using var content = new StringContent($"{{\"name\":\"{new string('x', ApiLimits.MaxRequestJsonBytes)}\"}}", Encoding.UTF8, "application/json");
        using var answer = await _http.PostAsync(Routes.Pairs, content);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Equal(ErrorIds.RequestTooLarge, MirrorJson.Read<ErrorBody>(await answer.Content.ReadAsByteArrayAsync()).ErrorId);
    }

    [Fact]
    public async Task A_request_without_a_body_is_one_with_an_empty_object()
    {
        using var answer = await _http.PostAsync(Routes.Pairs, null);
        Assert.Equal(ErrorIds.PairNameInvalid, MirrorJson.Read<ErrorBody>(await answer.Content.ReadAsByteArrayAsync()).ErrorId);
    }
}

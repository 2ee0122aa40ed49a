using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Runtime.Serialization;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Contracts.Client;

/// <summary>Sends requests to one agent and turns what comes back into objects or into <see cref="MirrorApiException"/>.</summary>
internal sealed class ApiChannel : IDisposable
{
    private static readonly HttpMethod Patch = new("PATCH");
    private readonly HttpClient _http;
    private readonly string _place;
    private readonly TimeSpan _deadline;

    /// <summary>Opens a channel; nothing is sent yet.</summary>
    /// <param name="apiAddress">The base address of the control API.</param>
    /// <param name="token">The bearer token.</param>
    /// <param name="place">The state directory, for messages.</param>
    /// <param name="deadline">How long one request may take.</param>
    public ApiChannel(Uri apiAddress, string token, string place, TimeSpan deadline)
    {
        _place = place;
        _deadline = deadline;
        var handler = new HttpClientHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            MaxConnectionsPerServer = 16,
        };
        _http = new HttpClient(handler)
        {
            BaseAddress = apiAddress,
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = ApiLimits.MaxResponseJsonBytes,
        };
        _http.DefaultRequestHeaders.ExpectContinue = false;
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public Task<T> GetAsync<T>(string path, CancellationToken cancel)
        where T : class => ExchangeAsync<T>(HttpMethod.Get, path, null, cancel);

    public Task<T> DeleteAsync<T>(string path, CancellationToken cancel)
        where T : class => ExchangeAsync<T>(HttpMethod.Delete, path, null, cancel);

    public Task<T> PostAsync<TBody, T>(string path, TBody body, CancellationToken cancel)
        where TBody : class
        where T : class => ExchangeAsync<T>(HttpMethod.Post, path, Json(body), cancel);

    public Task<T> PutAsync<TBody, T>(string path, TBody body, CancellationToken cancel)
        where TBody : class
        where T : class => ExchangeAsync<T>(HttpMethod.Put, path, Json(body), cancel);

    public Task<T> PatchAsync<TBody, T>(string path, TBody body, CancellationToken cancel)
        where TBody : class
        where T : class => ExchangeAsync<T>(Patch, path, Json(body), cancel);

    public Task<T> PostAsync<T>(string path, CancellationToken cancel)
        where T : class => ExchangeAsync<T>(HttpMethod.Post, path, Json(new EmptyBody()), cancel);

    /// <summary>Sends a request whose answer has no body, or one that nobody reads.</summary>
    public Task SendAsync(HttpMethod method, string path, HttpContent? body, CancellationToken cancel) => SendForBytesAsync(method, path, body, cancel);

    /// <summary>Sends a request and gives the answer's bytes.</summary>
    public async Task<byte[]> SendForBytesAsync(HttpMethod method, string path, HttpContent? body, CancellationToken cancel)
    {
        using var timed = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timed.CancelAfter(_deadline);
        using var request = new HttpRequestMessage(method, path) { Content = body };
        try
        {
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseContentRead, timed.Token).ConfigureAwait(false);
            var bytes = await answer.Content.ReadAsByteArrayAsync().ConfigureAwait(false);
            return answer.IsSuccessStatusCode ? bytes : throw AnsweredError(answer.StatusCode, bytes);
        }
        catch (OperationCanceledException error) when (!cancel.IsCancellationRequested)
        {
            throw ClientErrors.TimedOut(_place, _deadline, error);
        }
        catch (HttpRequestException error)
        {
            throw ClientErrors.NotRunning(_place, error);
        }
    }

    /// <summary>Opens a server-sent stream.</summary>
    public async Task<ServerSentStream<T>> OpenStreamAsync<T>(string path, CancellationToken cancel)
        where T : class
    {
        using var timed = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timed.CancelAfter(_deadline);
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        HttpResponseMessage? answer = null;
        try
        {
            answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timed.Token).ConfigureAwait(false);
            if (!answer.IsSuccessStatusCode)
            {
                throw AnsweredError(answer.StatusCode, await answer.Content.ReadAsByteArrayAsync().ConfigureAwait(false));
            }

            var stream = new ServerSentStream<T>(answer, await answer.Content.ReadAsStreamAsync().ConfigureAwait(false), _place);
            answer = null;
            return stream;
        }
        catch (OperationCanceledException error) when (!cancel.IsCancellationRequested)
        {
            throw ClientErrors.TimedOut(_place, _deadline, error);
        }
        catch (HttpRequestException error)
        {
            throw ClientErrors.NotRunning(_place, error);
        }
        finally
        {
            answer?.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static ByteArrayContent Json<T>(T body)
        where T : class
    {
        var content = new ByteArrayContent(MirrorJson.Write(body));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    private async Task<T> ExchangeAsync<T>(HttpMethod method, string path, HttpContent? body, CancellationToken cancel)
        where T : class
    {
        var bytes = await SendForBytesAsync(method, path, body, cancel).ConfigureAwait(false);
        try
        {
            return MirrorJson.Read<T>(bytes);
        }
        catch (SerializationException error)
        {
            throw ClientErrors.NotUnderstood(_place, $"{method} {path} answered something that is not a {typeof(T).Name}.", error);
        }
    }

    private MirrorApiException AnsweredError(HttpStatusCode status, byte[] body)
    {
        try
        {
            var error = MirrorJson.Read<ErrorBody>(body);
            if (error.ErrorId.Length > 0)
            {
                return new MirrorApiException(error, (int)status);
            }
        }
        catch (SerializationException)
        {
            // Not an agent of ours, or one that fell over before it could say why: the status is all there is to tell.
        }

        return status == HttpStatusCode.Unauthorized
            ? ClientErrors.TokenRefused(_place)
            : ClientErrors.NotUnderstood(_place, $"The answer has the HTTP status {(int)status} and no error body.", null);
    }
}

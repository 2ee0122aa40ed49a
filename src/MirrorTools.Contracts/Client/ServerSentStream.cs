using System.Net.Http;
using System.Runtime.Serialization;
using System.Text;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Contracts.Client;

/// <summary>Reads a stream of server-sent events whose data are JSON of one type. Only <c>data:</c> lines count; comments keep it alive.</summary>
/// <typeparam name="T">A data contract.</typeparam>
public sealed class ServerSentStream<T> : IDisposable
    where T : class
{
    private readonly HttpResponseMessage _answer;
    private readonly Stream _stream;
    private readonly string _place;
    private readonly byte[] _buffer = new byte[8192];
    private readonly MemoryStream _line = new();
    private readonly StringBuilder _data = new();
    private int _next;
    private int _end;

    internal ServerSentStream(HttpResponseMessage answer, Stream stream, string place)
    {
        _answer = answer;
        _stream = stream;
        _place = place;
    }

    /// <summary>Waits for the next item; null when the agent ended the stream.</summary>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="MirrorApiException">The connection broke, was silent for too long, or the data are not of this type.</exception>
    public async Task<T?> NextAsync(CancellationToken cancel)
    {
        try
        {
            while (await ReadLineAsync(cancel).ConfigureAwait(false) is { } line)
            {
                if (line.StartsWith("data:", StringComparison.Ordinal))
                {
                    _data.Append(line, 5, line.Length - 5);
                }
                else if (line.Length == 0 && _data.Length > 0)
                {
                    var json = _data.ToString();
                    _data.Clear();
                    return MirrorJson.Read<T>(Encoding.UTF8.GetBytes(json));
                }
            }

            return null;
        }
        catch (Exception error) when (error is IOException or HttpRequestException or ObjectDisposedException && !cancel.IsCancellationRequested)
        {
            throw ClientErrors.NotRunning(_place, error);
        }
        catch (SerializationException error)
        {
            throw ClientErrors.NotUnderstood(_place, $"An event is not a {typeof(T).Name}.", error);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _answer.Dispose();
        _line.Dispose();
    }

    private async Task<string?> ReadLineAsync(CancellationToken cancel)
    {
        while (true)
        {
            if (_next == _end)
            {
                _next = 0;
                _end = await ReadSomeAsync(cancel).ConfigureAwait(false);
                if (_end == 0)
                {
                    return null;
                }
            }

            var newline = Array.IndexOf(_buffer, (byte)'\n', _next, _end - _next);
            var stop = newline < 0 ? _end : newline;
            _line.Write(_buffer, _next, stop - _next);
            _next = newline < 0 ? _end : newline + 1;
            if (_line.Length > ApiLimits.MaxStreamLineBytes)
            {
                throw new SerializationException($"A line is longer than {ApiLimits.MaxStreamLineBytes} bytes.");
            }

            if (newline >= 0)
            {
                var line = Encoding.UTF8.GetString(_line.GetBuffer(), 0, (int)_line.Length).TrimEnd('\r');
                _line.SetLength(0);
                return line;
            }
        }
    }

    // .NET Framework's network streams do not look at the token once a read is under way; closing the answer ends the read there.
    private async Task<int> ReadSomeAsync(CancellationToken cancel)
    {
        var silence = TimeSpan.FromMilliseconds(4 * ApiLimits.KeepAliveMs);
        using var timed = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timed.CancelAfter(silence);
        using var close = timed.Token.Register(_answer.Dispose);
        try
        {
            return await _stream.ReadAsync(_buffer, 0, _buffer.Length, timed.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (timed.IsCancellationRequested)
        {
            cancel.ThrowIfCancellationRequested();
            throw ClientErrors.TimedOut(_place, silence, error);
        }
    }
}

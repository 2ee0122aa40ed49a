using System.Diagnostics;
using MirrorTools.Protocols.Nbd.Client;

namespace MirrorTools.Agent.Demo;

/// <summary>A host on NBD: several writers into the large file's blocks, each block written by one of them only, until the connection is gone or the end is asked for.</summary>
internal sealed class HostWriter(NbdClient client, FileSystemImage image, WriteLog log)
{
    private const int Writers = 8;

    private readonly long[] _offsets = Offsets(image);
    private long _latencySumTicks;

    /// <summary>How many blocks the large file has.</summary>
    public static int CountBlocks(FileSystemImage image) => Offsets(image).Length;

    /// <summary>Where a block is in the image.</summary>
    public long OffsetOf(int block) => _offsets[block];

    /// <summary>When the first write failed: the agent was gone by then.</summary>
    public DateTimeOffset? FailedAt { get; private set; }

    /// <summary>The mean latency of acknowledged writes.</summary>
    public TimeSpan MeanLatency => log.Acknowledged == 0 ? TimeSpan.Zero : new TimeSpan(_latencySumTicks / log.Acknowledged);

    /// <summary>Writes until cancelled or cut off.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync(writer, cancellationToken), CancellationToken.None)));

    private static long[] Offsets(FileSystemImage image) =>
        [.. image.DataExtents.SelectMany(extent => Enumerable.Range(0, (int)(extent.LengthBytes / WriteLog.BlockBytes))
            .Select(i => extent.OffsetBytes + ((long)i * WriteLog.BlockBytes)))];

    private async Task WriteAsync(int writer, CancellationToken cancellationToken)
    {
        Random random = new(writer);
        byte[] content = new byte[WriteLog.BlockBytes];
        int hot = Math.Max(1, _offsets.Length / Writers / 16);
        while (!cancellationToken.IsCancellationRequested)
        {
            // Most writes meet a few blocks again and again, as hosts do; the rest is spread over the file.
            int own = random.Next(10) < 7 ? random.Next(hot) : random.Next(_offsets.Length / Writers);
            int block = (own * Writers) + writer;
            WriteLog.Fill(content, block, log.Issue(block));
            long startedAt = Stopwatch.GetTimestamp();
            try
            {
                await client.WriteAsync(_offsets[block], content, default, CancellationToken.None);
                log.Acknowledge(block);
                Interlocked.Add(ref _latencySumTicks, Stopwatch.GetElapsedTime(startedAt).Ticks);
                if (random.Next(64) == 0)
                {
                    await client.FlushAsync(CancellationToken.None);
                }

                await Task.Delay(random.Next(4), CancellationToken.None);
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException or TimeoutException)
            {
                FailedAt ??= DateTimeOffset.UtcNow;
                return;
            }
        }
    }
}

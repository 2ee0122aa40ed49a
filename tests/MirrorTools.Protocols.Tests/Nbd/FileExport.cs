using System.Runtime.InteropServices;
using MirrorTools.Protocols.Nbd;
using Microsoft.Win32.SafeHandles;

namespace MirrorTools.Protocols.Tests.Nbd;

/// <summary>A sparse file as an export; every operation completes synchronously, as from a warm page cache. Linux only.</summary>
internal sealed partial class FileExport : INbdExport, IDisposable
{
    private const int KeepSize = 1;
    private const int PunchHole = 2;
    private const int ZeroRange = 16;
    private const int SeekData = 3;
    private const int SeekHole = 4;
    private const int NoMoreData = 6;

    private readonly SafeFileHandle _file;

    public FileExport(string name, string path, long lengthBytes)
    {
        Name = name;
        LengthBytes = lengthBytes;
        _file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        if (RandomAccess.GetLength(_file) < lengthBytes)
        {
            RandomAccess.SetLength(_file, lengthBytes);
        }
    }

    public string Name { get; }

    public string Description => "a file";

    public long LengthBytes { get; }

    public NbdBlockSizes BlockSizes => NbdBlockSizes.Default;

    public NbdExportFeatures Features => NbdExportFeatures.Flush | NbdExportFeatures.ForceUnitAccess | NbdExportFeatures.Trim
        | NbdExportFeatures.WriteZeroes | NbdExportFeatures.Cache | NbdExportFeatures.MultiConnection;

    public IReadOnlyList<string> MetaContexts { get; } = [NbdMetaContexts.BaseAllocation];

    public string? RefusalReason => null;

    public ValueTask ReadAsync(long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        Span<byte> left = buffer.Span;
        while (!left.IsEmpty)
        {
            int read = RandomAccess.Read(_file, left, offsetBytes);
            if (read == 0)
            {
                throw new EndOfStreamException("The file is shorter than its export.");
            }

            left = left[read..];
            offsetBytes += read;
        }

        return default;
    }

    public ValueTask WriteAsync(long offsetBytes, ReadOnlyMemory<byte> data, NbdWriteOptions options, CancellationToken cancellationToken)
    {
        RandomAccess.Write(_file, data.Span, offsetBytes);
        return Settle(options);
    }

    public ValueTask WriteZeroesAsync(long offsetBytes, long lengthBytes, NbdWriteOptions options, CancellationToken cancellationToken)
    {
        bool mayPunch = (options & NbdWriteOptions.NoHole) == 0;
        Require(Allocate(Descriptor, KeepSize | (mayPunch ? PunchHole : ZeroRange), offsetBytes, lengthBytes));
        return Settle(options);
    }

    public ValueTask TrimAsync(long offsetBytes, long lengthBytes, NbdWriteOptions options, CancellationToken cancellationToken)
    {
        Require(Allocate(Descriptor, KeepSize | PunchHole, offsetBytes, lengthBytes));
        return Settle(options);
    }

    public ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        RandomAccess.FlushToDisk(_file);
        return default;
    }

    public ValueTask CacheAsync(long offsetBytes, long lengthBytes, CancellationToken cancellationToken) => default;

    public ValueTask<int> GetBlockStatusAsync(
        string context, long offsetBytes, long lengthBytes, Memory<NbdStatusExtent> extents, CancellationToken cancellationToken)
    {
        Span<NbdStatusExtent> found = extents.Span;
        int count = 0;
        for (long at = offsetBytes; at < offsetBytes + lengthBytes && count < found.Length; count++)
        {
            long data = Seek(Descriptor, at, SeekData);
            if (data < 0 && Marshal.GetLastPInvokeError() == NoMoreData)
            {
                data = LengthBytes;
            }

            bool isData = data == at;
            long end = isData ? Seek(Descriptor, at, SeekHole) : data;
            found[count] = new NbdStatusExtent(end - at, isData ? 0 : NbdMetaContexts.Hole | NbdMetaContexts.Zero);
            at = end;
        }

        return ValueTask.FromResult(count);
    }

    public void Dispose() => _file.Dispose();

    private int Descriptor => (int)_file.DangerousGetHandle();

    private ValueTask Settle(NbdWriteOptions options) =>
        (options & NbdWriteOptions.ForceUnitAccess) != 0 ? FlushAsync(CancellationToken.None) : default;

    private static void Require(int result)
    {
        if (result != 0)
        {
            throw new IOException($"fallocate failed with {Marshal.GetLastPInvokeError()}.");
        }
    }

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    private static partial int Allocate(int descriptor, int mode, long offsetBytes, long lengthBytes);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    private static partial long Seek(int descriptor, long offsetBytes, int whence);
}

using MirrorTools.Engine.Volumes;

namespace MirrorTools.Agent.Storage;

/// <summary>The file that holds the grains of a point which is kept while commits go on (F-28): sparse, beside the pair's metadata, and gone with its last use.</summary>
internal sealed class KeptGrainsFile : IBlockDevice
{
    private const string Ending = ".kept";

    private readonly FileBlockDevice _file;
    private readonly string _path;

    private KeptGrainsFile(FileBlockDevice file, string path) => (_file, _path) = (file, path);

    /// <inheritdoc/>
    public BlockGeometry Geometry => _file.Geometry;

    /// <summary>Creates one beside a metadata file.</summary>
    /// <exception cref="StorageOpenException">There is no place for it.</exception>
    public static KeptGrainsFile Create(string metadata, long lengthBytes)
    {
        var path = $"{metadata}.{Guid.NewGuid():N}{Ending}";
        return new KeptGrainsFile(StorageFiles.Create(path, lengthBytes, StorageOptions.Default), path);
    }

    /// <summary>Removes what a killed agent left behind; what can't be removed takes space and keeps no pair closed.</summary>
    public static void RemoveLeftovers(string metadata)
    {
        var directory = Path.GetDirectoryName(Path.GetFullPath(metadata))!;
        foreach (var left in Directory.EnumerateFiles(directory, $"{Path.GetFileName(metadata)}.*{Ending}"))
        {
            TryDelete(left);
        }
    }

    /// <inheritdoc/>
    public ValueTask ReadAsync(long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken) => _file.ReadAsync(offsetBytes, buffer, cancellationToken);

    /// <inheritdoc/>
    public ValueTask WriteAsync(long offsetBytes, ReadOnlyMemory<byte> data, WriteOptions options, CancellationToken cancellationToken) =>
        _file.WriteAsync(offsetBytes, data, options, cancellationToken);

    /// <inheritdoc/>
    public ValueTask WriteZeroesAsync(long offsetBytes, long lengthBytes, WriteOptions options, CancellationToken cancellationToken) =>
        _file.WriteZeroesAsync(offsetBytes, lengthBytes, options, cancellationToken);

    /// <inheritdoc/>
    public ValueTask FlushAsync(CancellationToken cancellationToken) => _file.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask<BlockExtent> FindExtentAsync(long offsetBytes, long lengthBytes, CancellationToken cancellationToken) =>
        _file.FindExtentAsync(offsetBytes, lengthBytes, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _file.DisposeAsync();
        TryDelete(_path);
    }

    // What stays is removed when the pair is opened next.
    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Somebody has it open, or the directory may not be written: the grains in it are worth nothing either way.
        }
    }
}
